// Emits audit records with the stock OpenTelemetry SDK for Go.
//
// usage: otel-go-emit http|grpc HOST:PORT COUNT none|gzip
// Exits with 1 when the exporter reports that a batch was not taken.
package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/log"
	sdk "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("otel-go-emit 1")
		return
	}
	if len(os.Args) != 5 {
		fail(fmt.Errorf("usage: otel-go-emit http|grpc HOST:PORT COUNT none|gzip"))
	}
	count, err := strconv.Atoi(os.Args[3])
	fail(err)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	exporter, err := newExporter(ctx, os.Args[1], os.Args[2], os.Args[4] == "gzip")
	fail(err)
	about := resource.NewSchemaless(attribute.String("service.name", "ledger-go"))
	provider := sdk.NewLoggerProvider(sdk.WithResource(about), sdk.WithProcessor(sdk.NewBatchProcessor(exporter)))
	logger := provider.Logger("ledger.audit", log.WithInstrumentationVersion("1.0.0"))
	span := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0x5b, 1}, SpanID: trace.SpanID{0x05, 1}, TraceFlags: trace.FlagsSampled,
	})
	for number := range count {
		logger.Emit(trace.ContextWithSpanContext(ctx, span), record(os.Args[1]+"-"+os.Args[4], number))
	}
	fail(provider.ForceFlush(ctx))
	fail(provider.Shutdown(ctx))
}

func newExporter(ctx context.Context, protocol, endpoint string, gzip bool) (sdk.Exporter, error) {
	if protocol == "grpc" {
		options := []otlploggrpc.Option{otlploggrpc.WithEndpoint(endpoint), otlploggrpc.WithInsecure()}
		if gzip {
			options = append(options, otlploggrpc.WithCompressor("gzip"))
		}
		return otlploggrpc.New(ctx, options...)
	}
	options := []otlploghttp.Option{otlploghttp.WithEndpoint(endpoint), otlploghttp.WithInsecure()}
	if gzip {
		options = append(options, otlploghttp.WithCompression(otlploghttp.GzipCompression))
	}
	return otlploghttp.New(ctx, options...)
}

func record(prefix string, number int) log.Record {
	var r log.Record
	r.SetEventName("entry.posted")
	r.SetTimestamp(time.Unix(1_763_719_200, int64(number)))
	r.SetSeverity(log.SeverityInfo)
	r.SetBody(attribute.MapValue(attribute.Int64("number", int64(number)), attribute.String("note", "grüße 😀")))
	r.AddAttributes(
		attribute.String("audit.record.id", fmt.Sprintf("%s-%d", prefix, number)),
		attribute.String("audit.actor.id", "poster"),
		attribute.String("audit.actor.type", "service"),
		attribute.String("audit.action", "CREATE"),
		attribute.String("audit.outcome", "success"),
		attribute.Int64("huge", math.MaxInt64),
		attribute.ByteSlice("raw", []byte{0, 1, 255}),
		attribute.Slice("list", attribute.StringValue("a"), attribute.Value{}),
		attribute.String("api_key", "sk-this-must-not-be-stored"),
	)
	return r
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
