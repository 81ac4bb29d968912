// Nest: an interceptor, for `app.useGlobalInterceptors(new AuditInterceptor())`. It runs after the guards, so it knows who it is.
import { access, setAuditActor } from "@proofline/instrumentation";
import { tap } from "rxjs";

export class AuditInterceptor {
  intercept(context, next) {
    const { user, params } = context.switchToHttp().getRequest();
    setAuditActor({ id: user.id, type: "user" });
    const target = { id: params.id, type: context.getClass().name };
    const said = (outcome) => access({ target, outcome });
    return next.handle().pipe(tap({ next: () => said("success"), error: () => said("failure") }));
  }
}
