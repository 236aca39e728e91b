package inspect

import (
	"io"
	"strconv"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

// Text implements offline.Report.
func (d *Directory) Text(w io.Writer) error {
	t := offline.NewTable()
	if len(d.Hosts) == 0 {
		t.Row("No such host is held" + d.filter.where() + ".")
		return t.Print(w)
	}
	t.Row("HOST", "CLASS", "HOLDER", "SERVER", "STATE", "INGRESS", "WAITERS", "AGE")
	for _, deed := range d.Hosts {
		holder, server := columns(deed.Holder)
		if deed.Guest != nil {
			guest, id := columns(*deed.Guest)
			holder, server = holder+" with "+guest, id
		}
		ingress := "-"
		if i := deed.Ingress; i != nil {
			ingress = offline.Printable(i.Namespace + "/" + i.Name)
		}
		t.Row(offline.Printable(deed.Host), offline.Printable(deed.Class), holder, server, string(deed.State), ingress,
			strconv.Itoa(len(deed.Waiters)), duration.HumanDuration(d.now.Sub(deed.Created)))
	}
	return t.Print(w)
}

// Text implements offline.Report.
func (c *Conflicts) Text(w io.Writer) error {
	t := offline.NewTable()
	if len(c.Conflicts) == 0 {
		t.Row("Nobody else wants a host that is held" + c.filter.where() + ".")
		return t.Print(w)
	}
	t.Row("HOST", "CLASS", "HELD BY", "WANTED BY", "HOW", "INGRESS")
	for _, x := range c.Conflicts {
		ingress := "-"
		if x.Ingress != "" {
			ingress = offline.Printable(x.Rival.Namespace + "/" + x.Ingress)
		}
		t.Row(offline.Printable(x.Host), offline.Printable(x.Class), nameHolder(x.Holder), nameHolder(x.Rival), string(x.How), ingress)
	}
	return t.Print(w)
}

func (f *hostsFilter) where() string {
	if f.namespace == "" {
		return ""
	}
	return " in namespace " + offline.Printable(f.namespace) + "; -A looks everywhere"
}

// columns are a holder as kubectl get hostclaims shows it.
func columns(h v1alpha1.Holder) (holder, server string) {
	server = "-"
	if h.ID != nil {
		server = strconv.Itoa(*h.ID)
	}
	return offline.Printable(host.NamedHolder(h).Name), server
}
