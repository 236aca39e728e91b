package main

import "testing"

func TestWhatKubectlLeavesOutFailsTheDemo(t *testing.T) {
	t.Parallel()
	const output = "Error from server (Forbidden): ids 0-2: held by GameServerSet games/postio [GH202]\n"
	for _, texts := range [][]string{{"ids 0-3"}, {"ids 0-2", "GH203"}} {
		if err := missing(output, texts); err == nil {
			t.Errorf("%q: the demo goes on", texts)
		}
	}
	if err := missing(output, []string{"ids 0-2", "GH202"}); err != nil {
		t.Error(err)
	}
}
