"""A service in another language: stock opentelemetry-sdk and structlog, no library of ours. It checks two customers and says so."""

import logging
import os
import sys

import structlog
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber, set_logger_provider
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

resource = Resource.create({"service.name": "kyc-service"})
trace.set_tracer_provider(TracerProvider(resource=resource))
provider = LoggerProvider(resource=resource)
provider.add_log_record_processor(
    SimpleLogRecordProcessor(OTLPLogExporter(endpoint=os.environ["OTLP_ENDPOINT"] + "/v1/logs"))
)
set_logger_provider(provider)
emitter = provider.get_logger("kyc")


def to_otel(_logger, _method, event):
    """The last processor of the structlog chain: what is logged becomes an audit event."""
    name = event.pop("event")
    span = trace.get_current_span().get_span_context()
    emitter.emit(
        LogRecord(
            event_name=name,
            severity_number=SeverityNumber.INFO,
            trace_id=span.trace_id,
            span_id=span.span_id,
            trace_flags=span.trace_flags,
            attributes={key.replace("__", "."): value for key, value in event.items()},
        )
    )
    raise structlog.DropEvent


structlog.configure(processors=[to_otel], logger_factory=structlog.PrintLoggerFactory(file=sys.stderr))
log = structlog.get_logger()
logging.getLogger("opentelemetry").setLevel(logging.ERROR)

tracer = trace.get_tracer("kyc")
for customer, email, ssn, outcome in [
    ("C-1001", "maria.lopez@example.com", "536-22-8714", "success"),
    ("C-1002", "liu.wei@example.org", "219-09-9999", "failure"),
]:
    with tracer.start_as_current_span("kyc.check"):
        log.info(
            "kyc.checked",
            audit__record__id=f"kyc-{customer}",
            audit__actor__id="kyc-service",
            audit__actor__type="service",
            audit__action="EXECUTE",
            audit__outcome=outcome,
            audit__target__id=customer,
            audit__target__type="customer",
            customer__email=email,
            customer__ssn=ssn,
            note=f"checked {email} by hand",
        )
provider.shutdown()
