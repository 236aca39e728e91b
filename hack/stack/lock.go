package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// fileLock keeps two processes from building the same part at once. The kernel drops it when its holder dies.
type fileLock struct{ file *os.File }

// acquire polls, because a blocking flock could not be interrupted by the context.
func (b builder) acquire(ctx context.Context, path, name string) (fileLock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return fileLock{}, err
	}
	for told := false; ; {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return fileLock{file}, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return fileLock{}, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
		}
		if !told {
			fmt.Fprintf(b.out, "waiting for another process that builds %s …\n", name)
			told = true
		}
		select {
		case <-ctx.Done():
			return fileLock{}, errors.Join(ctx.Err(), file.Close())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (l fileLock) release() {
	_ = l.file.Close() // closing drops the lock, and nothing was written
}
