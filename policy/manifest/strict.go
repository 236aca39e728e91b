package manifest

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// checker holds JSON values to a Go type, as strictly as the API server, and reports every mistake with its path: the
// decoders of encoding/json and sigs.k8s.io/json stop at the first wrong type, and cannot name the item of a list.
type checker struct {
	report   func(path []step, message string)
	anySize  bool // a whole number may be larger than the Go type holds
	reported bool
}

func (c *checker) wrong(path []step, format string, args ...any) {
	c.reported = true
	c.report(path, fmt.Sprintf(format, args...))
}

func (c *checker) object(path []step, data map[string]any, shape any) {
	c.value(path, data, reflect.TypeOf(shape).Elem())
}

var (
	durationType        = reflect.TypeFor[metav1.Duration]()
	intOrStringType     = reflect.TypeFor[intstr.IntOrString]()
	jsonUnmarshalerType = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func (c *checker) value(path []step, value any, t reflect.Type) {
	if value == nil {
		return // the API server takes null as not given
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == durationType:
		// Which strings are durations is a rule of the schema, so a bad one is a bad value and not a wrong type.
		if _, ok := value.(string); !ok {
			c.wrong(path, "must be a duration as a string, such as 30s, not %s", describe(value))
		}
		return
	case t == intOrStringType:
		c.intOrString(path, value)
		return
	case reflect.PointerTo(t).Implements(jsonUnmarshalerType), reflect.PointerTo(t).Implements(textUnmarshalerType):
		c.selfDecoding(path, value, t)
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		c.fields(path, value, t)
	case reflect.Map:
		if m, ok := expect[map[string]any](c, path, value, "an object"); ok {
			for _, k := range slices.Sorted(maps.Keys(m)) {
				c.value(append(slices.Clip(path), key(k)), m[k], t.Elem())
			}
		}
	case reflect.Slice, reflect.Array:
		if list, ok := expect[[]any](c, path, value, "a list"); ok {
			for i, item := range list {
				c.value(append(slices.Clip(path), index(i)), item, t.Elem())
			}
		}
	case reflect.String:
		c.text(path, value)
	case reflect.Bool:
		expect[bool](c, path, value, "true or false")
	case reflect.Int, reflect.Int64:
		expect[int64](c, path, value, "a whole number")
	case reflect.Int32:
		if n, ok := expect[int64](c, path, value, "a whole number"); ok {
			c.int32(path, n)
		}
	default: // any: not looked into
	}
}

func (c *checker) int32(path []step, n int64) {
	if !c.anySize && (n < math.MinInt32 || n > math.MaxInt32) {
		c.wrong(path, "%d is beyond what 32 bits hold", n)
	}
}

func (c *checker) intOrString(path []step, value any) {
	switch v := value.(type) {
	case string:
	case int64:
		c.int32(path, v)
	default:
		c.wrong(path, "must be a whole number or a string, not %s", describe(value))
	}
}

func expect[T any](c *checker, path []step, value any, what string) (T, bool) {
	v, ok := value.(T)
	if !ok {
		c.wrong(path, "must be %s, not %s", what, describe(value))
	}
	return v, ok
}

// text is where unquoted numbers and booleans end up: every value of OpenKruiseGame's parameters is a string.
func (c *checker) text(path []step, value any) {
	switch value.(type) {
	case string:
	case int64, float64, bool:
		c.wrong(path, "must be a string, not %s; put it in quotes", describe(value))
	default:
		c.wrong(path, "must be a string, not %s", describe(value))
	}
}

// selfDecoding asks a type that reads JSON in its own way, such as a time or an int-or-string.
func (c *checker) selfDecoding(path []step, value any, t reflect.Type) {
	data, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(data, reflect.New(t).Interface())
	}
	if err != nil {
		c.wrong(path, "%s is not what belongs here: %v", describe(value), err)
	}
}

func (c *checker) fields(path []step, value any, t reflect.Type) {
	m, ok := expect[map[string]any](c, path, value, "an object")
	if !ok {
		return
	}
	known := map[string]reflect.Type{}
	collect(t, known)
	for _, k := range slices.Sorted(maps.Keys(m)) {
		at := append(slices.Clip(path), key(k))
		if of, ok := known[k]; ok {
			c.value(at, m[k], of)
			continue
		}
		c.wrong(at, "unknown field%s", advice(k, slices.Sorted(maps.Keys(known))))
	}
}

// collect lists the fields of a struct by their names in JSON, those of inlined structs included.
func collect(t reflect.Type, into map[string]reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
		case name == "" && (f.Anonymous || options == "inline"):
			collect(f.Type, into)
		case name != "":
			into[name] = f.Type
		}
	}
}

// advice is what may have been meant by an unknown field.
func advice(k string, known []string) string {
	bare := ""
	if k == "true" || k == "false" {
		bare = "; YAML reads the bare words on, yes and y as true, and off, no and n as false"
	}
	for _, name := range known {
		if strings.EqualFold(plain(k), plain(name)) || strings.EqualFold(plain(k)+"s", plain(name)) || strings.EqualFold(plain(k), plain(name)+"s") {
			return "; did you mean " + name + "?"
		}
	}
	if len(known) <= 16 {
		return bare + "; known here are " + strings.Join(known, ", ")
	}
	return bare
}

// boolish is the key that YAML 1.1, which Kubernetes speaks, makes of a bare word.
func boolish(word string) string {
	switch strings.ToLower(word) {
	case "on", "yes", "y":
		return "true"
	case "off", "no", "n":
		return "false"
	}
	return word
}

func plain(s string) string { return strings.NewReplacer("_", "", "-", "").Replace(s) }
