"""Emits audit records with the stock OpenTelemetry SDK, and logs of structlog through its logging handler.

usage: emit.py http|grpc ENDPOINT COUNT [none|gzip]
Half of the records come through the Logs API with an event name and audit attributes, half are structlog lines.
"""

import logging
import os
import sys
import time

import structlog
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

protocol, endpoint, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
prefix = protocol
if len(sys.argv) > 4:
    prefix = f"{protocol}-{sys.argv[4]}"
    if sys.argv[4] == "gzip":
        # As an operator sets it: the exporters read it when they are made.
        os.environ["OTEL_EXPORTER_OTLP_COMPRESSION"] = "gzip"
if protocol == "http":
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter

    exporter = OTLPLogExporter(endpoint=f"http://{endpoint}/v1/logs")
else:
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter

    exporter = OTLPLogExporter(endpoint=f"http://{endpoint}", insecure=True)

provider = LoggerProvider(resource=Resource.create({"service.name": "kyc-python"}))
provider.add_log_record_processor(BatchLogRecordProcessor(exporter))

logger = provider.get_logger("kyc", "1.0")
for number in range(count // 2):
    logger.emit(
        LogRecord(
            timestamp=time.time_ns(),
            severity_number=SeverityNumber.INFO,
            event_name="kyc.checked",
            body={"applicant": number, "note": "grüße 😀"},
            attributes={
                "audit.record.id": f"{prefix}-{number}",
                "audit.actor.id": "kyc-agent",
                "audit.actor.type": "service",
                "audit.action": "CHECK",
                "audit.outcome": "success",
                "api_key": "sk-this-must-not-be-stored",
            },
        )
    )

logging.basicConfig(level=logging.INFO, handlers=[LoggingHandler(logger_provider=provider)], format="%(message)s")
structlog.configure(
    logger_factory=structlog.stdlib.LoggerFactory(),
    processors=[structlog.processors.JSONRenderer()],
)
log = structlog.get_logger("kyc.structlog")
for number in range(count - count // 2):
    log.info("applicant_seen", number=number, password="this-must-not-be-stored")

flushed = provider.force_flush(30_000)
provider.shutdown()
sys.exit(0 if flushed is not False else 1)
