package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxBytes bounds one file. A whole cluster's game servers fit in it many times.
const maxBytes = 64 << 20

// Stdin is the path that stands for standard input.
const Stdin = "-"

const stdinName = "standard input"

// Read reads files, directories (their *.yaml, *.yml and *.json files, by name; not what lies deeper) and, for "-",
// standard input. What it could read is returned together with all problems.
func Read(paths []string, stdin io.Reader) (Input, []Problem) {
	r := reader{seen: map[string]Source{}}
	readStdin := false
	for _, path := range paths {
		if path != Stdin {
			r.path(path)
			continue
		}
		if readStdin {
			r.problem(Source{File: stdinName}, "", "can be read only once")
			continue
		}
		readStdin = true
		r.stream(stdinName, stdin)
	}
	if r.input.objects() == 0 && len(r.problems) == 0 {
		all := strings.Join(paths, ", ")
		if readStdin && len(paths) == 1 {
			all = stdinName
		}
		r.problem(Source{File: all}, "", "no objects to read")
	}
	return r.input, r.problems
}

// Decode reads the documents of one file's content.
func Decode(file string, data []byte) (Input, []Problem) {
	r := reader{seen: map[string]Source{}}
	r.decode(file, data)
	return r.input, r.problems
}

// reader collects objects and problems over all files.
type reader struct {
	input    Input
	problems []Problem
	seen     map[string]Source // kind, namespace and name
}

func (r *reader) problem(at Source, field, format string, args ...any) {
	r.problems = append(r.problems, Problem{Source: at, Field: field, Message: fmt.Sprintf(format, args...)})
}

func (r *reader) path(path string) {
	info, err := os.Stat(path)
	if err != nil {
		r.unreadable(path, err)
		return
	}
	if !info.IsDir() {
		r.file(path)
		return
	}
	entries, err := os.ReadDir(path) // sorted by name
	if err != nil {
		r.unreadable(path, err)
		return
	}
	found := false
	for _, e := range entries {
		if !e.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(e.Name())) {
			r.file(filepath.Join(path, e.Name()))
			found = true
		}
	}
	if !found {
		r.problem(Source{File: path}, "", "holds no *.yaml, *.yml or *.json file")
	}
}

func (r *reader) file(path string) {
	f, err := os.Open(path) //nolint:gosec // reading the files that are named is the command's purpose
	if err != nil {
		r.unreadable(path, err)
		return
	}
	defer func() { _ = f.Close() }() // it was only read
	r.stream(path, f)
}

func (r *reader) stream(name string, from io.Reader) {
	data, err := io.ReadAll(io.LimitReader(from, maxBytes+1))
	switch {
	case err != nil:
		r.unreadable(name, err)
	case len(data) > maxBytes:
		r.problem(Source{File: name}, "", "is larger than %d MiB", maxBytes>>20)
	default:
		r.decode(name, data)
	}
}

// unreadable drops the path from the error: the problem names it already.
func (r *reader) unreadable(path string, err error) {
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	r.problem(Source{File: path}, "", "cannot be read: %v", err)
}
