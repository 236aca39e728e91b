package gameserver

import (
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// maxName is the longest name of a set that gets its pods whatever its template says. Kruise labels every pod with the
// name of its revision, which is the set's, a dash and a hash of up to ten digits (kruise
// pkg/controller/statefulset/stateful_set_utils.go setPodRevision, kubernetes pkg/controller/history HashControllerRevision),
// and the API server refuses a longer label. The names of pods and Services, with ids of up to ten digits, then fit too.
const maxName = validation.LabelValueMaxLength - len("-4294967295")

// name judges the name of a set by what is named after it: the StatefulSet, the pods, and with an Ingress the Services.
func (f *findings) name(set string, makes bool) {
	const field = "metadata.name"
	switch {
	case len(set) > maxName:
		f.error(finding.SetInvalid, field, "has %d characters; Kruise labels each pod with the name and up to 11 more, and the API server refuses a pod with a label of more than %d; use at most %d", len(set), validation.LabelValueMaxLength, maxName)
	case len(apivalidation.NameIsDNSLabel(set, false)) > 0:
		f.error(finding.SetInvalid, field, `%s cannot name a StatefulSet and Services, which take lower-case letters, digits and "-" between them; they are refused, and there would be no pod`, finding.Quote(set))
	case makes && len(apivalidation.NameIsDNS1035Label(set, false)) > 0:
		// kubernetes pkg/features RelaxedServiceNameValidation: on since 1.36.
		f.warn(finding.IngressInvalid, field, "%s cannot name a Service before Kubernetes 1.36, where it had to start with a letter", finding.Quote(set))
	}
}
