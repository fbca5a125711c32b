package runtime
import "testing"
func TestDbg(t *testing.T) {
	for i := range 4 {
		done := make(chan bool)
		go func() { defer close(done); below(2, false, func() {
			var key stackOf
			n := callers(&key[0], len(key))
			t.Logf("%d %d %x", i, n, key[:n])
		}) }()
		<-done
	}
}
