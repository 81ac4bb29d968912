// A Nest 12 application on Express, its decorators applied by hand.
import "reflect-metadata";
import { Body, Controller, HttpCode, Injectable, Module, Param, Post, Req, UseGuards } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

class UserGuard {
  canActivate(context) {
    const request = context.switchToHttp().getRequest();
    if (request.headers["x-user"]) request.user = { userId: request.headers["x-user"] };
    return true;
  }
}
Injectable()(UserGuard);

class Invoices {
  create(id, got) {
    return { id, got };
  }
  async upload(request) {
    let bytes = 0;
    for await (const chunk of request) bytes += chunk.length;
    return { bytes };
  }
  hang() {
    return new Promise(() => {});
  }
}
function method(name, types, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(Invoices.prototype, name);
  Reflect.defineMetadata("design:paramtypes", types, Invoices.prototype, name);
  for (const decorate of decorators) decorate(Invoices.prototype, name, descriptor);
  Object.defineProperty(Invoices.prototype, name, descriptor);
}
Param("id")(Invoices.prototype, "create", 0);
Body()(Invoices.prototype, "create", 1);
Req()(Invoices.prototype, "upload", 0);
method("create", [String, Object], Post("invoices/:id"), HttpCode(201), UseGuards(UserGuard));
method("upload", [Object], Post("upload"), HttpCode(200));
method("hang", [], Post("hang"));
Controller()(Invoices);

class App {}
Module({ controllers: [Invoices], providers: [UserGuard] })(App);
const app = await NestFactory.create(App, { logger: false });
await app.listen(0, "127.0.0.1");
console.log(`port ${app.getHttpServer().address().port}`);
