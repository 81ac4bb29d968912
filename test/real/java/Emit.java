// Emits audit records with the stock OpenTelemetry SDK for Java.
//
// usage: java -cp 'LIB/*' Emit.java http|grpc HOST:PORT COUNT none|gzip
// Exits with 1 when the flush fails or takes longer than 30 seconds.

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.resources.Resource;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;

public final class Emit {
  public static void main(String[] args) {
    String protocol = args[0];
    String compression = args[3];
    int count = Integer.parseInt(args[2]);
    LogRecordExporter exporter = protocol.equals("grpc")
        ? OtlpGrpcLogRecordExporter.builder().setEndpoint("http://" + args[1]).setCompression(compression).build()
        : OtlpHttpLogRecordExporter.builder().setEndpoint("http://" + args[1] + "/v1/logs").setCompression(compression).build();
    Attributes about = Attributes.of(AttributeKey.stringKey("service.name"), "ledger-java");
    SdkLoggerProvider provider = SdkLoggerProvider.builder()
        .setResource(Resource.create(about))
        .addLogRecordProcessor(BatchLogRecordProcessor.builder(exporter).setMaxQueueSize(count + 1).build())
        .build();
    Logger logger = provider.loggerBuilder("ledger.audit").setInstrumentationVersion("1.0.0").build();
    for (int number = 0; number < count; number++) {
      logger.logRecordBuilder()
          .setEventName("entry.posted")
          .setTimestamp(Instant.ofEpochSecond(1_763_719_200L, number))
          .setSeverity(Severity.INFO)
          .setBody(Value.of(Map.of("number", Value.of(number), "note", Value.of("grüße 😀"))))
          .setAttribute(AttributeKey.stringKey("audit.record.id"), protocol + "-" + compression + "-" + number)
          .setAttribute(AttributeKey.stringKey("audit.actor.id"), "poster")
          .setAttribute(AttributeKey.stringKey("audit.actor.type"), "service")
          .setAttribute(AttributeKey.stringKey("audit.action"), "CREATE")
          .setAttribute(AttributeKey.stringKey("audit.outcome"), "success")
          .setAttribute(AttributeKey.longKey("huge"), Long.MAX_VALUE)
          .setAttribute(AttributeKey.stringKey("api_key"), "sk-this-must-not-be-stored")
          .emit();
    }
    boolean flushed = provider.forceFlush().join(30, TimeUnit.SECONDS).isSuccess();
    boolean ended = provider.shutdown().join(30, TimeUnit.SECONDS).isSuccess();
    System.exit(flushed && ended ? 0 : 1);
  }
}
