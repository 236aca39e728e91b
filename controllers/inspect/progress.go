package inspect

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// patience is how long nothing is shown, and blink how often it changes after that.
	patience, blink = time.Second, 100 * time.Millisecond
	barWidth        = 30
)

// progress draws a bar where a person waits for many Ingresses. The zero value draws nothing.
type progress struct {
	to           io.Writer // nil: nobody looks
	now          func() time.Time
	begin, drawn time.Time
	done, total  int
}

// watch starts a bar on a terminal. What is no terminal gets none, and the cluster is not asked how much there is.
func (s *session) watch(ctx context.Context, from client.Reader) *progress {
	file, ok := s.ErrOrStderr().(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return &progress{}
	}
	return &progress{to: file, now: s.outside.now, begin: s.outside.now(), total: countIngresses(ctx, from)}
}

// countIngresses is 0 where it cannot be told; the bar then only counts.
func countIngresses(ctx context.Context, from client.Reader) int {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "IngressList"})
	if err := from.List(ctx, list, client.Limit(1)); err != nil || list.RemainingItemCount == nil {
		return 0
	}
	return int(*list.RemainingItemCount) + len(list.Items)
}

// step is one Ingress more.
func (p *progress) step() {
	p.done++
	if p.to == nil {
		return
	}
	now := p.now()
	if now.Sub(p.begin) < patience || now.Sub(p.drawn) < blink {
		return
	}
	p.drawn = now
	_, _ = fmt.Fprint(p.to, "\r"+p.line())
}

func (p *progress) line() string {
	if p.total < p.done { // not known, or there are more by now
		return fmt.Sprintf("%d Ingresses", p.done)
	}
	full := barWidth * p.done / p.total
	return fmt.Sprintf("[%s%s] %d of %d Ingresses", strings.Repeat("#", full), strings.Repeat(" ", barWidth-full), p.done, p.total)
}

// end takes the bar away.
func (p *progress) end() {
	if p.to != nil && !p.drawn.IsZero() {
		_, _ = fmt.Fprint(p.to, "\r"+strings.Repeat(" ", len(p.line()))+"\r")
	}
}
