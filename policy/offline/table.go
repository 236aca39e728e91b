package offline

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"text/tabwriter"
)

// Table collects rows of cells, in memory, and writes them aligned.
type Table struct {
	page bytes.Buffer
	tabs *tabwriter.Writer
}

// NewTable is an empty one.
func NewTable() *Table {
	t := &Table{}
	t.tabs = tabwriter.NewWriter(&t.page, 0, 4, 2, ' ', 0)
	return t
}

// Row adds a row. What comes from the input must be Printable or escaped.
func (t *Table) Row(cells ...string) { _, _ = fmt.Fprintln(t.tabs, strings.Join(cells, "\t")) }

// Gap ends a table: the columns of the next are aligned on their own.
func (t *Table) Gap() { _, _ = fmt.Fprintln(t.tabs) }

// trailing are the blanks of empty cells, without which the cells above and below would not be aligned.
var trailing = regexp.MustCompile(`(?m)[ ]+$`)

// Print writes all rows.
func (t *Table) Print(w io.Writer) error {
	if err := t.tabs.Flush(); err != nil {
		return err
	}
	_, err := w.Write(trailing.ReplaceAll(t.page.Bytes(), nil))
	return err
}
