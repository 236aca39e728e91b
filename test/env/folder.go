package env

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// folder is where an environment keeps its files, some 200 MB. A killed process leaves its folder behind, so the next
// one removes those whose lock nobody holds any more.
type folder struct {
	path string
	lock *os.File
}

const (
	folderPattern = "gatehouse-env-*"
	lockName      = "in-use"
)

func newFolder() (*folder, error) {
	sweep()
	path, err := os.MkdirTemp("", folderPattern)
	if err != nil {
		return nil, err
	}
	// Locked before it has its name, so that no other process can find it unlocked.
	lock, err := os.Create(filepath.Join(path, lockName+".new"))
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB),
		os.Rename(lock.Name(), filepath.Join(path, lockName)),
	)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &folder{path: path, lock: lock}, nil
}

func (f *folder) remove() {
	_ = os.RemoveAll(f.path) // a leftover in the temporary folder is no reason to fail a test
	_ = f.lock.Close()       // nothing was written
}

// sweep removes abandoned folders as far as it can; what it cannot remove harms nobody.
func sweep() {
	found, err := filepath.Glob(filepath.Join(os.TempDir(), folderPattern, lockName))
	if err != nil {
		return
	}
	for _, name := range found {
		lock, err := os.Open(name)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(filepath.Dir(name))
		}
		_ = lock.Close()
	}
}
