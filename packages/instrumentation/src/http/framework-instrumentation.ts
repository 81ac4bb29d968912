// framework-instrumentation.ts: puts the middleware of middleware.ts into Koa and Hono by itself, for the register hook. Everything else that is
// needed of a framework is there without a patch.

import { InstrumentationBase, InstrumentationNodeModuleDefinition, isWrapped } from "@opentelemetry/instrumentation";
import { honoAudit, type KoaContext, tellKoa } from "./middleware.ts";

/** The packages that it must see when they are loaded. */
export const PATCHED_FRAMEWORKS: readonly string[] = ["koa", "hono"];

type KoaClass = { prototype: { createContext(...args: unknown[]): KoaContext } };
type HonoClass = new (...args: unknown[]) => { use(...args: unknown[]): unknown };

export class FrameworkInstrumentation extends InstrumentationBase {
  constructor() {
    // Enabled by whoever makes it: the base class would patch what is loaded already before this constructor is through.
    super("@proofline/instrumentation/frameworks", "0.1.0", { enabled: false });
  }

  protected override init(): InstrumentationNodeModuleDefinition[] {
    return [
      new InstrumentationNodeModuleDefinition("koa", [">=2.0.0"], (exports: unknown) => this.#koa(exports)),
      new InstrumentationNodeModuleDefinition("hono", [">=4.0.0"], (exports: unknown) => this.#hono(exports)),
    ];
  }

  #koa<T>(exports: T): T {
    const { prototype } = defaultOf(exports) as KoaClass;
    if (!isWrapped(Reflect.get(prototype, "createContext")))
      this._wrap(prototype, "createContext", (original) => {
        return function (this: unknown, ...args: unknown[]) {
          const context = original.apply(this, args);
          tellKoa(context);
          return context;
        };
      });
    return exports;
  }

  #hono<T>(exports: T): T {
    const module = exports as { Hono: HonoClass };
    const Original = module.Hono;
    const Audited = class Hono extends Original {
      constructor(...args: unknown[]) {
        super(...args);
        this.use(honoAudit());
      }
    };
    // An ES module's exports are read-only but for the hook's own setters; a CommonJS one's are getters.
    try {
      module.Hono = Audited;
      return exports;
    } catch {
      return Object.defineProperties(
        {},
        { ...Object.getOwnPropertyDescriptors(module), Hono: { value: Audited, enumerable: true } },
      ) as T;
    }
  }
}

/** CommonJS exports the class itself, the ES module as its default. */
function defaultOf(exports: unknown): unknown {
  return typeof exports === "function" ? exports : (exports as { default: unknown }).default;
}
