package doctor

import "time"

// World is what bears on the health of an installation, as far as it could be seen. It holds no secrets.
type World struct {
	Now time.Time `json:"now"`
	// Program is the version of the gatehouse that looks.
	Program   string `json:"program"`
	Namespace string `json:"namespace"`
	Release   string `json:"release"`
	// Name is that of everything the release consists of.
	Name string `json:"name"`

	CRDs       []CRD       `json:"crds"`
	Mutating   Seen[Hooks] `json:"mutating"`
	Validating Seen[Hooks] `json:"validating"`
	// Activation is the Job that makes the validating webhook strict. It goes when it has succeeded.
	Activation Seen[Activation] `json:"activation"`
	Certs      Certificates     `json:"certificates"`

	Managers Seen[Managers] `json:"managers"`
	Pods     Seen[[]Pod]    `json:"pods"`
	Lease    Seen[Lease]    `json:"lease"`

	// Yours are the rights that the caller lacks for a full look, Theirs those that the managers lack for their work.
	Yours  Seen[[]Right] `json:"yours"`
	Theirs Seen[[]Right] `json:"theirs"`

	Classes Seen[[]Class] `json:"classes"`
	Game    Game          `json:"game"`
	// Higress is the text with Higress's own settings.
	Higress Seen[string] `json:"higress"`
}

// Seen is what was looked for: it is there, or it is not, or that cannot be told.
type Seen[T any] struct {
	It     *T     `json:"it,omitempty"`
	Hidden string `json:"hidden,omitempty"` // why it cannot be told
}

// CRD is one of the CustomResourceDefinitions that Gatehouse or OpenKruiseGame brings along.
type CRD struct {
	Name string `json:"name"`
	Seen[Definition]
}

// Definition is a CRD that is there.
type Definition struct {
	Established bool   `json:"established"`
	Trouble     string `json:"trouble,omitempty"` // why it is not established
	Served      bool   `json:"served"`            // in the version that Gatehouse speaks
	// Difference is that to the CRD which this program was built with.
	Difference Difference `json:"difference,omitzero"`
}

// Hooks are a webhook configuration.
type Hooks struct {
	// Injector is the Certificate whose CA cert-manager writes into the bundles, if it does.
	Injector string `json:"injector,omitempty"`
	Webhooks []Hook `json:"webhooks"`
}

// Hook is one webhook.
type Hook struct {
	Name          string `json:"name"`
	FailurePolicy string `json:"failurePolicy"`
	// Service is NAMESPACE/NAME:PORT; empty where a URL is called.
	Service string `json:"service"`
	Bundle  string `json:"bundle"` // PEM
}

// Activation is the Job of the chart that sets the failure policy once the webhooks have answered.
type Activation struct {
	Chosen string `json:"chosen"` // the failure policy
	Failed bool   `json:"failed,omitempty"`
}

// Certificates are where the serving certificate comes from and what of it can be seen.
type Certificates struct {
	// SecretName is the Secret that the managers mount or keep.
	SecretName string `json:"secretName"`
	// Stored is what the Secret holds, without the key, and Served what the Service shows to whoever calls it.
	Stored Seen[string] `json:"stored"`
	Served Seen[string] `json:"served"`
	// Issued is cert-manager's Certificate for that Secret.
	Issued Seen[Issued] `json:"issued"`
}

// Issued is a Certificate of cert-manager.
type Issued struct {
	Name    string     `json:"name"`
	Ready   bool       `json:"ready"`
	Trouble string     `json:"trouble,omitempty"`
	Renewal *time.Time `json:"renewal,omitempty"`
}

// Managers are the Deployment.
type Managers struct {
	Replicas int32 `json:"replicas"`
	Ready    int32 `json:"ready"`
	// Progressing is why a rollout of the Deployment has stopped, if it has.
	Trouble string `json:"trouble,omitempty"`
	Account string `json:"account"`
	Image   string `json:"image"`
	// Options are what the managers' command line says.
	Options Options `json:"options"`
}

// Options are those of the managers that bear on what else is to be looked at.
type Options struct {
	IngressClasses []string          `json:"ingressClasses"`
	ClassGateways  map[string]string `json:"classGateways"`
	HigressConfig  string            `json:"higressConfig"`
	LeaderElect    bool              `json:"leaderElect"`
	Certificates   string            `json:"certificates"`
}

// Pod is one manager.
type Pod struct {
	Name    string `json:"name"`
	Image   string `json:"image"`
	Ready   bool   `json:"ready"`
	Trouble string `json:"trouble,omitempty"` // why it does not run
}

// Lease says who leads.
type Lease struct {
	Holder  string    `json:"holder"`
	Renewed time.Time `json:"renewed"`
	Seconds int32     `json:"seconds"`
}

// Class is an IngressClass.
type Class struct {
	Name       string    `json:"name"`
	Controller string    `json:"controller"`
	Default    bool      `json:"default,omitempty"`
	Created    time.Time `json:"created"`
}

// Game is OpenKruiseGame.
type Game struct {
	CRDs []CRD `json:"crds"`
	// Deployment is NAMESPACE/NAME of its manager.
	Deployment string        `json:"deployment"`
	Manager    Seen[Manager] `json:"manager"`
	// Lacks are rights that its service account needs for its Ingresses and does not have.
	Lacks Seen[[]Right] `json:"lacks"`
}

// Manager is the Deployment of OpenKruiseGame.
type Manager struct {
	Replicas int32  `json:"replicas"`
	Ready    int32  `json:"ready"`
	Image    string `json:"image"`
	Account  string `json:"account"`
}
