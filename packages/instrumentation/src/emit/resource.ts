// resource.ts: which service and which process the events come from, as OpenTelemetry says it, redacted once. What could hold
// secrets (the command line) is not asked for.

import { hostname } from "node:os";
import { defaultResource, detectResources, envDetector, type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import type { RedactionEntry, Redactor } from "@proofline/redaction";

/** @param given wins over OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME */
export function auditResource(
  given: Readonly<Record<string, unknown>>,
  redactor: Redactor,
  instanceId: string,
): { readonly resource: Resource; readonly entries: readonly RedactionEntry[] } {
  const found = defaultResource()
    .merge(resourceFromAttributes({ "service.instance.id": instanceId, "host.name": hostname(), "process.pid": process.pid }))
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes(given));
  const entries: RedactionEntry[] = [];
  const fields = redactor.fields(new Map<string, unknown>(Object.entries(found.attributes)), "resource", entries);
  return { resource: resourceFromAttributes(Object.fromEntries(fields)), entries };
}
