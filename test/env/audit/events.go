// Package audit compares what an account was granted with what it asked for, by the API server's audit log.
package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
)

// Request is one request of an account, as far as authorization goes.
type Request struct {
	Verb, Group, Resource, Namespace, Name string // Resource is resource/subresource where there is one
	// Refused: the account was not granted it.
	Refused bool
}

// Requests reads those of a user from an audit log, one event in JSON a line. Requests for no resource, such as for the
// API's description, are left out: everybody may make them.
func Requests(path, user string) (_ []Request, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var out []Request
	lines := bufio.NewReader(file)
	for {
		line, readErr := lines.ReadBytes('\n')
		if errors.Is(readErr, io.EOF) { // perhaps in the middle of a line
			return out, nil
		}
		if readErr != nil {
			return nil, readErr
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, err
		}
		if e.User.Username == user && e.Object.Resource != "" {
			out = append(out, e.request())
		}
	}
}

// event is what is read of an event of audit.k8s.io/v1.
type event struct {
	Verb string
	User struct{ Username string }
	// Object is absent where the request is for no resource.
	Object struct {
		APIGroup, Resource, Subresource, Namespace, Name string
	} `json:"objectRef"`
	Annotations map[string]string
}

func (e event) request() Request {
	r := Request{Verb: e.Verb, Group: e.Object.APIGroup, Resource: e.Object.Resource, Namespace: e.Object.Namespace, Name: e.Object.Name}
	if e.Object.Subresource != "" {
		r.Resource += "/" + e.Object.Subresource
	}
	r.Refused = e.Annotations["authorization.k8s.io/decision"] == "forbid"
	return r
}

// String is as kubectl auth can-i takes it.
func (r Request) String() string {
	text := r.Verb + " " + r.Resource
	if r.Group != "" {
		group, sub, is := strings.Cut(r.Resource, "/")
		text = r.Verb + " " + group + "." + r.Group
		if is {
			text += "/" + sub
		}
	}
	if r.Name != "" {
		text += " " + r.Name
	}
	if r.Namespace != "" {
		text += " -n " + r.Namespace
	}
	return text
}
