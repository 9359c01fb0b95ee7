package driven

// Stopping is closed when all workers are to end.
type Stopping chan struct{}

// Stopped tells whether they are to.
func (s Stopping) Stopped() bool {
	select {
	case <-s:
		return true
	default:
		return false
	}
}
