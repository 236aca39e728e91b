package serve

import (
	"fmt"
	"io"
	stdlog "log"

	"github.com/go-logr/logr"
	"github.com/go-logr/zapr"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime/pkg/log"
)

// newLogger makes the one logger of the process, JSON lines, and gives it to controller-runtime and to klog, which
// client-go uses. Nothing is sampled away: at level debug every decision has its line.
func newLogger(out io.Writer, level string) (logr.Logger, error) {
	threshold, err := zapcore.ParseLevel(level)
	if err != nil || threshold > zapcore.ErrorLevel {
		return logr.Logger{}, fmt.Errorf("--log-level: %q is none of debug, info, warn, error", level)
	}
	encoding := zap.NewProductionEncoderConfig()
	encoding.TimeKey, encoding.EncodeTime = "time", zapcore.ISO8601TimeEncoder
	core := zapcore.NewCore(zapcore.NewJSONEncoder(encoding), zapcore.Lock(zapcore.AddSync(out)), threshold)
	log := zapr.NewLogger(zap.New(core, zap.AddCaller(), zap.AddStacktrace(zapcore.DPanicLevel)))
	ctrl.SetLogger(log)
	klog.SetLoggerWithOptions(log.WithName("client"), klog.ContextualLogger(true))
	return log, nil
}

// handshakeLog is for net/http, which reports every connection that ends before its TLS handshake: load balancers and
// probes do that all day long.
func handshakeLog(log logr.Logger) *stdlog.Logger {
	return stdlog.New(debugLines{log}, "", 0)
}

type debugLines struct{ log logr.Logger }

func (d debugLines) Write(line []byte) (int, error) {
	d.log.V(1).Info("http server", "says", string(line))
	return len(line), nil
}
