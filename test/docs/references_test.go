package docs_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// documents are what people read, by their paths in the repository.
func documents(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	found = append(found, filepath.Join(root, "README.md"), filepath.Join(root, "README.zh-CN.md"), filepath.Join(root, "CHANGELOG.md"))
	for i := range found {
		found[i] = filepath.ToSlash(strings.TrimPrefix(found[i], root+"/"))
	}
	return found
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, document := range documents(t) {
		for _, found := range link.FindAllStringSubmatch(string(read(t, path.Join(root, document))), -1) {
			target, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			file := document
			if target != "" {
				file = path.Join(path.Dir(document), target)
			}
			if _, err := os.Stat(path.Join(root, file)); err != nil {
				t.Errorf("%s links to %s, which is not there", document, found[1])
			} else if anchor != "" && !slices.Contains(anchors(t, file), anchor) {
				t.Errorf("%s links to %s, and %s has no such heading", document, found[1], file)
			}
		}
	}
}

// anchors are the headings of a document as GitHub makes links of them.
func anchors(t *testing.T, document string) []string {
	t.Helper()
	var found []string
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(string(read(t, path.Join(root, document))), -1) {
		plain := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		found = append(found, strings.ReplaceAll(plain, " ", "-"))
	}
	return found
}

func TestEveryMetricThatIsWrittenAboutExists(t *testing.T) {
	exported := map[string]bool{}
	name := regexp.MustCompile(`Name: +"(gatehouse_\w+)"`)
	walkGo(t, func(_, text string) {
		for _, found := range name.FindAllStringSubmatch(text, -1) {
			exported[found[1]] = true
		}
	})
	written := regexp.MustCompile(`gatehouse_[a-z_]+[a-z]`)
	for _, document := range documents(t) {
		for _, metric := range written.FindAllString(string(read(t, path.Join(root, document))), -1) {
			if series := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(metric, ""); !exported[series] {
				t.Errorf("%s writes about %s, which nothing exports", document, metric)
			}
		}
	}
}

// The table of rooms names every room, and none that is not there.
func TestEveryRoomIsInTheTable(t *testing.T) {
	listed := map[string]bool{}
	for line := range strings.Lines(string(read(t, path.Join(root, "docs/development.md")))) {
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), "|")
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		for _, found := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(first, -1) {
			listed[found[1]] = true
			if info, err := os.Stat(path.Join(root, found[1])); err != nil || !info.IsDir() {
				t.Errorf("docs/development.md lists %s, which is no room", found[1])
			}
		}
	}
	missing := map[string]bool{}
	walkGo(t, func(file, _ string) {
		for room := path.Dir(file); room != "."; room = path.Dir(room) {
			// A room of the top level speaks for itself alone, any other one also for what lies below it.
			if listed[room] && (room == path.Dir(file) || strings.Contains(room, "/")) {
				return
			}
		}
		missing[path.Dir(file)] = true
	})
	delete(missing, ".") // main.go, the command roots
	for room := range missing {
		t.Errorf("docs/development.md says nothing of %s", room)
	}
}

// walkGo visits every Go file of the repository.
func walkGo(t *testing.T, visit func(file, text string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && file != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case !entry.IsDir() && path.Ext(file) == ".go":
			visit(file, string(read(t, path.Join(root, file))))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
