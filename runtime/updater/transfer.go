package updater

// newTransfer plans the state transfer for the changed types; nil if none has
// changed.
func newTransfer(pairs []pair) (transfer, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	return nil, errorf(CodeMapIncomplete, "%s changed: values of changed types cannot be carried over", pairs[0].old)
}
