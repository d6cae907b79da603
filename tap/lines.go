// Lines of a text file of any length.

package main

import (
	"bufio"
	"io"
)

type lineReader struct {
	reader *bufio.Reader
	line   []byte
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{reader: bufio.NewReaderSize(r, 64*1024)}
}

// next returns a line without its newline, and whether it had one; the line is valid until the next call.
func (l *lineReader) next() (line []byte, whole bool, err error) {
	l.line = l.line[:0]
	for {
		part, err := l.reader.ReadSlice('\n')
		l.line = append(l.line, part...)
		switch {
		case err == nil:
			return l.line[:len(l.line)-1], true, nil
		case err == bufio.ErrBufferFull:
		case err == io.EOF && len(l.line) > 0:
			return l.line, false, nil
		default:
			return nil, false, err
		}
	}
}
