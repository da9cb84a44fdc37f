//go:build go1.27

package harnessprobe

import "internal/profilerecord"

// bytesOf is what a bucket allocated and freed.
func bytesOf(r *profilerecord.MemProfileRecord) (allocated, freed int64) {
	return r.AllocObjects * r.ObjectSize, r.FreeObjects * r.ObjectSize
}
