package finding

// Code is the stable name of one kind of finding: GH1xx policy, GH2xx hosts, GH3xx game server set,
// GH4xx annotations, GH5xx gateway. A code is never reused for something else.
type Code string

// The codes. The comment of each says when it is given.
const (
	PolicyInvalid   Code = "GH101" // the CRD's schema or a CEL rule refuses the GamePolicy
	PolicyDuplicate Code = "GH102" // two GamePolicies of one name in the input
	PolicyWarns     Code = "GH103" // what a policy in mode Warn would change

	HostRepeated Code = "GH201" // two servers of one set get the same host and path
	HostTaken    Code = "GH202" // another set or Ingress has the host

	HostNotAllowed       Code = "GH203" // hosts.allowed of a policy does not list the host
	HostNotTemplate      Code = "GH204" // the host is not what hosts.template of a policy says
	WildcardNotAllowed   Code = "GH205" // hosts.wildcards of a policy does not list the wildcard
	TooManyHosts         Code = "GH206" // more hosts than one Ingress may claim
	CanaryWithoutPrimary Code = "GH207" // a canary whose primary does not serve the host
	HostInFlight         Code = "GH208" // somebody else's create of the host is on its way: try again
	HostQuarantined      Code = "GH209" // the Ingress waits for its host in quarantine
	HostOverlaps         Code = "GH210" // a wildcard brings the host together with another holder's
	HostShared           Code = "GH211" // web Ingresses of several namespaces stand on the host
	NotReady             Code = "GH212" // Gatehouse does not know the cluster yet: try again

	ParameterMissing    Code = "GH301" // OKG needs Path, PathType and Port at least once
	ParameterTemplate   Code = "GH302" // more than one <id> in a value
	ParameterPort       Code = "GH303" // a Port that is no port number
	ParameterAnnotation Code = "GH304" // an Annotation that is not exactly "key: value"
	ParameterUnknown    Code = "GH305" // a parameter name OKG does not read
	ReservedIDInvalid   Code = "GH306" // an item of reserveGameServerIds that Kruise cannot read
	TooManyIDs          Code = "GH307" // more ids than are expanded
	NetworkTypeOther    Code = "GH308" // another networkType: OKG makes no Ingress
	ParameterPathType   Code = "GH309" // a PathType Kubernetes does not know
	ParameterRepeated   Code = "GH310" // a Port given twice, or a parameter of which only the last counts
	IngressInvalid      Code = "GH311" // the API server would refuse the Ingress that OKG makes
	HostMissing         Code = "GH312" // no Host: the servers answer on every host of the gateway
	ParameterIgnored    Code = "GH313" // a value that OKG takes differently than written, or not at all
	SetInvalid          Code = "GH314" // the API server or OKG would refuse the GameServerSet

	AuthorValueDropped  Code = "GH401" // the gateway drops the author's value silently
	UpgradeBroken       Code = "GH402" // something on the route breaks a WebSocket upgrade
	RecordUnreadable    Code = "GH403" // gatehouse.dev/applied cannot be read
	RecordNewer         Code = "GH404" // gatehouse.dev/applied was written by a newer Gatehouse
	AnnotationsTooLarge Code = "GH405" // what would be injected does not fit into the object

	GatewayUnsupported Code = "GH501" // the gateway cannot express a setting
	WebSocketIdle      Code = "GH502" // WebSocket needs no annotation; the idle limit is the gateway's
	CanaryAlways       Code = "GH504" // the gateway sends the header value "always" to the canary too
	GatewayHarmed      Code = "GH505" // an annotation that would crash or blind the gateway
)
