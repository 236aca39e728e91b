package main

import (
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

// kubectl prints a command and its output as a terminal would, and runs it.
func (d *demo) kubectl(user env.User, args ...string) error {
	_, err := d.terminal(user, args...)
	return err
}

// kubectlSays is kubectl for a command that has to succeed and say something.
func (d *demo) kubectlSays(user env.User, what []string, args ...string) error {
	output, err := d.terminal(user, args...)
	if err == nil {
		err = missing(output, what)
	}
	return err
}

// kubectlRefused is kubectl for a command that has to fail and say why.
func (d *demo) kubectlRefused(user env.User, why []string, args ...string) error {
	output, err := d.terminal(user, args...)
	if err == nil {
		return fmt.Errorf("kubectl %s was not refused", quote(args))
	}
	return missing(output, why)
}

// missing is an error if an output lacks one of the texts.
func missing(output string, texts []string) error {
	for _, text := range texts {
		if !strings.Contains(output, text) {
			return fmt.Errorf("kubectl does not say %q but %q", text, output)
		}
	}
	return nil
}

func (d *demo) terminal(user env.User, args ...string) (string, error) {
	fmt.Fprintf(d.out, "  %s$ kubectl %s\n", user, quote(args))
	output, err := d.Kubectl(user, args...)
	for line := range strings.Lines(output) {
		fmt.Fprintf(d.out, "  %s", line)
	}
	return output, err
}

// quote writes arguments so that a shell reads them back.
func quote(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		if quoted[i] = arg; strings.ContainsAny(arg, ` <>{}[]"\$*`) {
			quoted[i] = "'" + arg + "'"
		}
	}
	return strings.Join(quoted, " ")
}
