package main

import (
	"fmt"
	"regexp"
	"strings"
)

// describe is all that is to be said of a field: what it is for, what it is without it, its bounds and its rules.
func describe(name string, s *schema) string {
	text := sentence(trimName(name, s.Description))
	if s.Default != nil {
		if value := string(s.Default.Raw); value != "{}" {
			text += " Default: `" + strings.Trim(value, `"`) + "`."
		}
	}
	inner := element(s)
	if inner != s {
		text += bounds(s) + rules(s)
		if one := bounds(inner) + rulesUnlessObject(inner); one != "" {
			text += "<br>Each entry:" + strings.ToLower(one[:2]) + one[2:]
		}
		return strings.TrimSpace(text)
	}
	return strings.TrimSpace(text + bounds(s) + rulesUnlessObject(s))
}

// trimName takes the name of the field off its description, with which Go begins it.
func trimName(name, text string) string {
	for _, verb := range []string{" is ", " are "} {
		if rest, ok := strings.CutPrefix(text, name+verb); ok {
			return strings.ToUpper(rest[:1]) + rest[1:]
		}
	}
	return text
}

// bounds are those that the schema knows without rules.
func bounds(s *schema) string {
	var parts []string
	between := func(what string, least, most *int64) {
		switch {
		case least != nil && most != nil:
			parts = append(parts, fmt.Sprintf("%d to %d%s", *least, *most, what))
		case most != nil:
			parts = append(parts, fmt.Sprintf("at most %d%s", *most, what))
		case least != nil:
			parts = append(parts, fmt.Sprintf("at least %d%s", *least, what))
		}
	}
	if len(s.Enum) > 0 {
		var values []string
		for _, v := range s.Enum {
			values = append(values, "`"+strings.Trim(string(v.Raw), `"`)+"`")
		}
		parts = append(parts, "one of "+strings.Join(values, ", "))
	}
	between(" entries", s.MinItems, s.MaxItems)
	if len(s.Properties) == 0 {
		between(" keys", s.MinProperties, s.MaxProperties)
	}
	if s.Pattern != durationPattern && len(s.Enum) == 0 {
		between(" characters", s.MinLength, s.MaxLength)
	}
	if s.Minimum != nil && s.Maximum != nil {
		parts = append(parts, fmt.Sprintf("%.0f to %.0f", *s.Minimum, *s.Maximum))
	}
	if len(parts) == 0 {
		return ""
	}
	text := strings.Join(parts, ", ")
	return " " + strings.ToUpper(text[:1]) + text[1:] + "."
}

// rulesUnlessObject leaves the rules of an object to its own section.
func rulesUnlessObject(s *schema) string {
	if len(s.Properties) > 0 {
		return ""
	}
	return rules(s)
}

// rules are what the API server answers where a rule is broken.
func rules(s *schema) string {
	var out strings.Builder
	said := map[string]bool{}
	for _, rule := range s.XValidations {
		if !said[rule.Message] {
			out.WriteString("<br>- *" + sentence(rule.Message) + "*")
		}
		said[rule.Message] = true
	}
	return out.String()
}

// sentence is text on one line, safe in a cell of a table.
func sentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	text = strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "*", `\*`).Replace(text)
	if text != "" && !regexp.MustCompile(`[.:?!]\)?$`).MatchString(text) {
		text += "."
	}
	return text
}
