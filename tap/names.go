// Names as a take holds them: what participants call themselves, without what is no text.

package main

import (
	"strings"
	"unicode"
)

// longestName is the longest name in a take, in characters.
const longestName = 256

// cleanName makes spaces of line breaks and other characters that control, and leaves out what is no character.
func cleanName(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp):
			return ' '
		case r == unicode.ReplacementChar || unicode.Is(unicode.Cs, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	clean = strings.TrimSpace(clean)
	if runes := []rune(clean); len(runes) > longestName {
		clean = string(runes[:longestName])
	}
	return clean
}
