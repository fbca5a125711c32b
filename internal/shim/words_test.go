package shim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWordsRoundTrip(t *testing.T) {
	for _, words := range [][]string{{"a", "b c", `d"e`, "f'g", ""}, {"-X=main.v=1 2", `-extldflags='-L /x y' -lm`}} {
		joined, err := JoinWords(words)
		require.NoError(t, err)
		back, err := SplitWords(joined)
		require.NoError(t, err)
		require.Equal(t, words, back)
	}
	_, err := JoinWords([]string{`a b'"`})
	require.Error(t, err)
	_, err = SplitWords("'open")
	require.Error(t, err)
}
