package docs_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// chapter is what of a chapter is the same in every language.
type chapter struct {
	Level    int
	Commands []string // blocks of code
	Names    []string // code within sentences
	Links    []string
	Rows     int // of tables
}

// The Chinese README says the same as the English one: chapter by chapter the same commands and what they print, the same
// names and links, and tables of the same length. Whoever changes one changes the other.
func TestTheChineseREADMEKeepsStep(t *testing.T) {
	english, chinese := chapters(t, "README.md"), chapters(t, "README.zh-CN.md")
	if len(english) != len(chinese) {
		t.Fatalf("README.md has %d chapters, README.zh-CN.md %d", len(english), len(chinese))
	}
	for i, e := range english {
		if diff := cmp.Diff(e.chapter, chinese[i].chapter); diff != "" {
			t.Errorf("%q and %q differ (-English +Chinese):\n%s", e.title, chinese[i].title, diff)
		}
	}
}

// It is Chinese throughout: a chapter that was left in English would keep step.
func TestTheChineseREADMEIsInChinese(t *testing.T) {
	for _, c := range chapters(t, "README.zh-CN.md") {
		for paragraph := range strings.SplitSeq(c.prose, "\n\n") {
			if words := regexp.MustCompile(`[a-z]{3,}( [a-z]{2,}){3,}`).FindString(paragraph); words != "" {
				t.Errorf("%q: %q", c.title, words)
			}
		}
		if c.title != "Gatehouse" && !regexp.MustCompile(`\p{Han}`).MatchString(c.title) {
			t.Errorf("%q is no Chinese title", c.title)
		}
	}
}

type titled struct {
	chapter
	title, prose string
}

func chapters(t *testing.T, file string) []titled {
	t.Helper()
	var (
		block = regexp.MustCompile("(?s)```.*?\n```\n")
		name  = regexp.MustCompile("`([^`]+)`")
		link  = regexp.MustCompile(`\]\(([^)#\s]+)`)
		head  = regexp.MustCompile(`^(#+) (.*)`)
		out   []titled
	)
	text := string(read(t, root+"/"+file))
	blocks := block.FindAllString(text, -1)
	text = block.ReplaceAllString(text, "\x00\n") // a heading is none within code
	for line := range strings.SplitAfterSeq(text, "\n") {
		if found := head.FindStringSubmatch(line); found != nil {
			out = append(out, titled{chapter: chapter{Level: len(found[1])}, title: found[2]})
			continue
		}
		if len(out) == 0 {
			t.Fatalf("%s does not begin with a heading", file)
		}
		last := &out[len(out)-1]
		if strings.HasPrefix(line, "\x00") {
			last.Commands, blocks = append(last.Commands, blocks[0]), blocks[1:]
			continue
		}
		if strings.HasPrefix(line, "|") {
			last.Rows++
		}
		last.prose += line
	}
	for i := range out {
		// A sentence may be broken within a name, and names may stand in another order.
		for _, found := range name.FindAllStringSubmatch(strings.ReplaceAll(out[i].prose, "\n", " "), -1) {
			out[i].Names = append(out[i].Names, strings.Join(strings.Fields(found[1]), " "))
		}
		for _, found := range link.FindAllStringSubmatch(out[i].prose, -1) {
			if !strings.HasPrefix(found[1], "README") {
				out[i].Links = append(out[i].Links, found[1])
			}
		}
		slices.Sort(out[i].Names)
		slices.Sort(out[i].Links)
		out[i].prose = name.ReplaceAllString(out[i].prose, "")
	}
	return out
}
