package chart

import (
	"fmt"
	"net"
	"regexp"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// pod is one replica's share of the Deployment, with what a kubelet would add.
type pod struct {
	name, namespace, ip string
	spec                corev1.PodSpec
}

func (p pod) container() (corev1.Container, error) {
	if len(p.spec.Containers) != 1 || len(p.spec.InitContainers) != 0 {
		return corev1.Container{}, fmt.Errorf("the Deployment has %d containers and %d init containers; only one container can be run as a process",
			len(p.spec.Containers), len(p.spec.InitContainers))
	}
	c := p.spec.Containers[0]
	if len(c.Command) > 0 || len(c.EnvFrom) > 0 {
		return c, fmt.Errorf("container %s: command and envFrom are not supported", c.Name)
	}
	return c, nil
}

// commandLine is what the container is started with: arguments, and environment as NAME=value.
func (p pod) commandLine() (args, environ []string, err error) {
	c, err := p.container()
	if err != nil {
		return nil, nil, err
	}
	env := map[string]string{}
	for _, v := range c.Env {
		value := expand(v.Value, env)
		if v.ValueFrom != nil {
			if value, err = p.lookup(*v.ValueFrom); err != nil {
				return nil, nil, fmt.Errorf("env %s: %w", v.Name, err)
			}
		}
		env[v.Name] = value
		environ = append(environ, v.Name+"="+value)
	}
	for _, arg := range c.Args {
		args = append(args, expand(arg, env))
	}
	return args, environ, nil
}

func (p pod) lookup(source corev1.EnvVarSource) (string, error) {
	if source.FieldRef == nil {
		return "", fmt.Errorf("only fieldRef is supported")
	}
	switch path := source.FieldRef.FieldPath; path {
	case "metadata.name":
		return p.name, nil
	case "metadata.namespace":
		return p.namespace, nil
	case "spec.serviceAccountName":
		return p.spec.ServiceAccountName, nil
	case "status.podIP":
		return p.ip, nil
	default:
		return "", fmt.Errorf("field %s is not supported", path)
	}
}

var reference = regexp.MustCompile(`\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)`)

// expand replaces $(NAME) in arguments and values as Kubernetes does: an unknown name stays as it is, $$ is a dollar
// sign (https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/, Container.args).
func expand(s string, env map[string]string) string {
	return reference.ReplaceAllStringFunc(s, func(found string) string {
		if found == "$$" {
			return "$"
		}
		if value, known := env[found[2:len(found)-1]]; known {
			return value
		}
		return found
	})
}

// url is where an HTTP probe goes.
func (p pod) url(get *corev1.HTTPGetAction) (string, error) {
	port, err := p.port(get.Port)
	if err != nil {
		return "", err
	}
	return "http://" + net.JoinHostPort(p.ip, strconv.Itoa(port)) + get.Path, nil
}

func (p pod) port(wanted intstr.IntOrString) (int, error) {
	if wanted.Type == intstr.Int {
		return wanted.IntValue(), nil
	}
	c, err := p.container()
	if err != nil {
		return 0, err
	}
	for _, port := range c.Ports {
		if port.Name == wanted.StrVal {
			return int(port.ContainerPort), nil
		}
	}
	return 0, fmt.Errorf("container %s has no port %q", c.Name, wanted.StrVal)
}
