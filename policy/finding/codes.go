package finding

// Code is the stable name of one kind of finding: GH1xx policy, GH2xx hosts, GH3xx game server set,
// GH4xx annotations, GH5xx gateway. A code is never reused for something else.
type Code string

// The codes. What each of them means is said once, in the Catalog, of which docs/findings.md is made.
const (
	PolicyInvalid   Code = "GH101"
	PolicyDuplicate Code = "GH102"
	PolicyWarns     Code = "GH103"
	PolicyOverlaps  Code = "GH104"
	SelectsNothing  Code = "GH105"
	PolicyChanges   Code = "GH106"

	HostRepeated         Code = "GH201"
	HostTaken            Code = "GH202"
	HostNotAllowed       Code = "GH203"
	HostNotTemplate      Code = "GH204"
	WildcardNotAllowed   Code = "GH205"
	TooManyHosts         Code = "GH206"
	CanaryWithoutPrimary Code = "GH207"
	HostInFlight         Code = "GH208"
	HostQuarantined      Code = "GH209"
	HostOverlaps         Code = "GH210"
	HostShared           Code = "GH211"
	NotReady             Code = "GH212"

	ParameterMissing    Code = "GH301"
	ParameterTemplate   Code = "GH302"
	ParameterPort       Code = "GH303"
	ParameterAnnotation Code = "GH304"
	ParameterUnknown    Code = "GH305"
	ReservedIDInvalid   Code = "GH306"
	TooManyIDs          Code = "GH307"
	NetworkTypeOther    Code = "GH308"
	ParameterPathType   Code = "GH309"
	ParameterRepeated   Code = "GH310"
	IngressInvalid      Code = "GH311"
	HostMissing         Code = "GH312"
	ParameterIgnored    Code = "GH313"
	SetInvalid          Code = "GH314"
	NextIDsCollide      Code = "GH315"

	AuthorValueDropped  Code = "GH401"
	UpgradeBroken       Code = "GH402"
	RecordUnreadable    Code = "GH403"
	RecordNewer         Code = "GH404"
	AnnotationsTooLarge Code = "GH405"
	AnnotationUnknown   Code = "GH406"
	AnnotationPrefix    Code = "GH407"
	AnnotationTwin      Code = "GH408"
	CanaryTrap          Code = "GH409"
	AccessOpen          Code = "GH410"
	AnnotationShadowed  Code = "GH411"

	GatewayUnsupported  Code = "GH501"
	WebSocketIdle       Code = "GH502"
	CanaryAlways        Code = "GH504"
	GatewayHarmed       Code = "GH505"
	IdleTimeoutCapped   Code = "GH506"
	RouteTimeoutGlobal  Code = "GH507"
	GatewayLimitsUnread Code = "GH508"
)
