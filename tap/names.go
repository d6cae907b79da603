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

// longestData is the longest connection data in a take, in characters: tokens have no longer ones.
const longestData = 1024

// cutData leaves connection data as it is, but for what is no text and what is too long.
func cutData(data string) string {
	runes := []rune(strings.ToValidUTF8(data, ""))
	return string(runes[:min(len(runes), longestData)])
}
