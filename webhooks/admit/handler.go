package admit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
)

// maxTimeout bounds a request that names no timeout. The API server names one always and allows 30 s at most
// (timeoutSeconds of a webhook).
const maxTimeout = 30 * time.Second

// keepBuffer is the size up to which a body's buffer is used again. A game server's Ingress is a few KiB; one huge
// review must not hold its memory for good.
const keepBuffer = 64 << 10

// maxDiscarded bounds what is read of a body that is too large already.
const maxDiscarded = 32 << 20

// Handler answers AdmissionReview v1 requests with a Func.
type Handler struct {
	decide  Func
	metrics webhookMetrics
	log     logr.Logger
	buffers sync.Pool
	large   slots
}

// NewHandler makes the handler of one webhook; name is its label in metrics and logs.
func NewHandler(name string, decide Func, metrics *Metrics, log logr.Logger) *Handler {
	return &Handler{
		decide:  decide,
		metrics: metrics.of(name),
		log:     log.WithName(name),
		buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }},
		large:   make(slots, largeAtOnce),
	}
}

// ServeHTTP answers one review: 200 with the verdict, 4xx to what is no review, 5xx where no decision was reached.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	response := h.answer(w, r)
	h.metrics.observe(response.verdict(), time.Since(start))
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) Response {
	if status := unacceptable(r); status != 0 {
		if status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", http.MethodPost)
		}
		return h.refuse(w, status, errMalformed)
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout(r))
	defer cancel()
	leave, err := h.large.enter(ctx, r)
	if err != nil {
		h.log.Error(err, "no decision", "bytes", r.ContentLength)
		http.Error(w, "gatehouse is busy with other large objects", http.StatusServiceUnavailable)
		return Response{Err: err}
	}
	defer leave()
	request, err := h.read(r)
	switch {
	case errors.Is(err, errTooLarge):
		// A client that is still sending would see a broken connection instead of the answer.
		_, _ = io.CopyN(io.Discard, r.Body, maxDiscarded)
		return h.refuse(w, http.StatusRequestEntityTooLarge, err)
	case err != nil:
		return h.refuse(w, http.StatusBadRequest, err)
	}

	response := h.guarded(ctx, request)
	switch {
	case errors.Is(response.Err, errMalformed):
		return h.refuse(w, http.StatusBadRequest, response.Err)
	case response.Err != nil:
		h.log.Error(response.Err, "no decision", "namespace", request.Namespace, "name", request.Name, "uid", request.UID)
		http.Error(w, "gatehouse could not decide; its log says why", http.StatusInternalServerError)
		return response
	}
	h.write(w, response.wire(request))
	return response
}

// guarded calls the Func. A panic becomes an error and not a refusal, because a refusal would hold whatever the
// webhook's failurePolicy is: a fault in the mutator must not stop game servers from getting their Ingress.
func (h *Handler) guarded(ctx context.Context, request *admissionv1.AdmissionRequest) (response Response) {
	defer func() {
		if fault := recover(); fault != nil {
			response = Response{Err: fmt.Errorf("panic: %v\n%s", fault, debug.Stack())}
		}
	}()
	return h.decide(ctx, request)
}

// read reads and decodes the body. What it returns does not share memory with the buffer: RawExtension copies.
func (h *Handler) read(r *http.Request) (*admissionv1.AdmissionRequest, error) {
	if r.ContentLength > maxReviewBytes {
		return nil, errTooLarge
	}
	buffer, _ := h.buffers.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= keepBuffer {
			buffer.Reset()
			h.buffers.Put(buffer)
		}
	}()
	if n, err := io.Copy(buffer, io.LimitReader(r.Body, maxReviewBytes+1)); err != nil {
		return nil, err
	} else if n > maxReviewBytes {
		return nil, errTooLarge
	}
	return decode(buffer.Bytes())
}

func (h *Handler) write(w http.ResponseWriter, review *admissionv1.AdmissionReview) {
	body, err := json.Marshal(review)
	if err != nil {
		h.log.Error(err, "cannot encode the answer")
		http.Error(w, "gatehouse could not answer; its log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := w.Write(body); err != nil {
		h.log.V(1).Info("the API server did not wait for the answer", "reason", err.Error())
	}
}

// refuse answers a request that is no review. It is no error of ours, so it is logged for whoever debugs it only.
func (h *Handler) refuse(w http.ResponseWriter, status int, err error) Response {
	h.log.V(1).Info("refused", "status", status, "reason", err.Error())
	http.Error(w, http.StatusText(status), status)
	return Response{Verdict: Malformed, Err: err}
}

// unacceptable is the HTTP status for a request that cannot be a review by its head, or 0.
func unacceptable(r *http.Request) int {
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed
	}
	const wanted = "application/json"
	given := r.Header.Get("Content-Type")
	if given == wanted {
		return 0
	}
	if kind, _, err := mime.ParseMediaType(given); err != nil || kind != wanted {
		return http.StatusUnsupportedMediaType
	}
	return 0
}

// timeout is how long the API server waits for the answer, which it says in the query.
func timeout(r *http.Request) time.Duration {
	given, err := time.ParseDuration(r.URL.Query().Get("timeout"))
	if err != nil || given <= 0 || given > maxTimeout {
		return maxTimeout
	}
	return given
}
