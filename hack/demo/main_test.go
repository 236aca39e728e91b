package main_test

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// saidToPeople are the codes of all refusals and warnings that are shown from the sixth step on: a manifest with mistakes,
// the copied hosts, a value that is dropped, templates that meet; quarantine; the rival; and that the next ids are taken.
const saidToPeople = "[GH301] [GH302] [GH303] [GH305] [GH304] [GH202] [GH401] [GH202] \n7. [GH209] \n8. [GH202] \n9. [GH315]"

func TestTheDemoComesToItsEndAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	d := build(t)
	output := d.play("KEEP=")
	_, story, _ := strings.Cut(output, "What cannot work is said in the terminal")
	said := strings.Join(regexp.MustCompile(`\[GH\d+\]|\n\d\.`).FindAllString(story, -1), " ")
	if diff := cmp.Diff(saidToPeople, said); diff != "" {
		t.Errorf("what people are told from step 6 on (-want +got):\n%s\n%s", diff, output)
	}
	if left := d.processes(); len(left) > 0 {
		t.Errorf("still running:\n%s", strings.Join(left, "\n"))
	}
	d.expectNoFiles()
}

func TestAKeptDemoRunsUntilItIsStoppedAsItSays(t *testing.T) {
	t.Parallel()
	d := build(t)
	output := d.play("KEEP=1")
	stop := regexp.MustCompile(`(?m)^ +kill (\d+)$`).FindStringSubmatch(output)
	exports := regexp.MustCompile(`(?m)^ +export .*$`).FindAllString(output, -1)
	if stop == nil || len(exports) != 5 {
		t.Fatalf("it does not say how to use and stop it:\n%s", output)
	}
	pid, err := strconv.Atoi(stop[1])
	must(t, err)
	end := func() { _ = syscall.Kill(pid, syscall.SIGTERM) }
	t.Cleanup(end)

	script := exports[0] + "\n" + exports[1] + "\nkubectl get ingress --all-namespaces --no-headers"
	names, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput()
	if err != nil || strings.Count(string(names), "games ") != 9 || strings.Count(string(names), "arcade ") != 6 {
		t.Errorf("%v, and the operator sees:\n%s", err, names)
	}
	end()
	for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		left := d.processes()
		if len(left) == 0 {
			break
		}
		if time.Since(begin) > time.Minute {
			t.Fatalf("still running a minute after it was stopped:\n%s", strings.Join(left, "\n"))
		}
	}
	d.expectNoFiles()
}

// program is the demo with a folder of its own for temporary files, by which all that belongs to it is found.
type program struct {
	t              *testing.T
	binary, folder string
}

func build(t *testing.T) program {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	d := program{t, filepath.Join(t.TempDir(), "demo"), t.TempDir()}
	output, err := exec.CommandContext(t.Context(), "go", "build", "-o", d.binary, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return d
}

// play runs the demo to the end of its steps and returns what it printed.
func (d program) play(environment string) string {
	d.t.Helper()
	ctx := d.t.Context()
	if deadline, bounded := d.t.Deadline(); bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-time.Minute)) // time to clean up
		defer cancel()
	}
	command := exec.CommandContext(ctx, d.binary)
	command.Env = append(os.Environ(), "TMPDIR="+d.folder, environment)
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	output, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "All steps came out as they should") {
		d.t.Fatalf("%v\n%s", err, output)
	}
	return string(output)
}

// processes are those that have the folder in their command line or environment.
func (d program) processes() []string {
	d.t.Helper()
	entries, err := os.ReadDir("/proc")
	must(d.t, err)
	var found []string
	for _, entry := range entries {
		if _, err := strconv.Atoi(entry.Name()); err != nil {
			continue
		}
		// What cannot be read has ended meanwhile or belongs to somebody else.
		arguments, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		environment, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "environ"))
		if strings.Contains(string(arguments)+string(environment), d.folder) {
			found = append(found, entry.Name()+" "+strings.ReplaceAll(string(arguments), "\x00", " "))
		}
	}
	return found
}

func (d program) expectNoFiles() {
	d.t.Helper()
	must(d.t, filepath.WalkDir(d.folder, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && path != d.folder {
			d.t.Errorf("left behind: %s", path)
		}
		return err
	}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
