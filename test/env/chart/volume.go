package chart

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// mountVolumes puts the Deployment's Secrets where its container expects them, and keeps them up to date.
func (r *Release) mountVolumes(ctx context.Context, spec corev1.PodSpec) error {
	secrets := map[string]string{}
	for _, v := range spec.Volumes {
		if v.Secret == nil || len(v.Secret.Items) > 0 {
			return fmt.Errorf("volume %s: only whole Secrets can be mounted", v.Name)
		}
		secrets[v.Name] = v.Secret.SecretName
	}
	for _, c := range spec.Containers {
		for _, m := range c.VolumeMounts {
			// Never write where the real container would have its files: this machine is not the container.
			if inside, err := filepath.Rel(r.options.Dir, m.MountPath); err != nil || strings.HasPrefix(inside, "..") {
				return fmt.Errorf("volume %s is mounted at %s, outside %s", m.Name, m.MountPath, r.options.Dir)
			}
			if err := r.mountSecret(ctx, secrets[m.Name], m.MountPath); err != nil {
				return fmt.Errorf("secret %s: %w", secrets[m.Name], err)
			}
		}
	}
	return nil
}

// mountSecret returns when the Secret exists and is written, as a Pod waits for its volumes.
func (r *Release) mountSecret(ctx context.Context, name, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	written := make(chan error)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.followSecret(ctx, name, dir, written)
	}()
	r.closers = append(r.closers, func() { cancel(); <-done })
	select {
	case err := <-written:
		return err
	case <-time.After(patience):
		return fmt.Errorf("not there after %s; is cert-manager running?", patience)
	}
}

// followSecret writes the Secret whenever it changes and reports the first write.
func (r *Release) followSecret(ctx context.Context, name, dir string, written chan<- error) {
	first := func(err error) {
		select {
		case written <- err:
		case <-ctx.Done():
		}
		written = nil
	}
	for version := ""; ctx.Err() == nil; {
		w, err := r.client.Watch(ctx, &corev1.SecretList{}, client.InNamespace(r.Namespace),
			client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("metadata.name", name)})
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond): // the API server may be restarting
			}
			continue
		}
		for event := range w.ResultChan() {
			secret, ok := event.Object.(*corev1.Secret)
			// A kubelet keeps the files of a Secret that was deleted.
			if !ok || secret.DeletionTimestamp != nil || secret.ResourceVersion == version || len(secret.Data) == 0 {
				continue
			}
			version = secret.ResourceVersion
			if err := writeVolume(dir, version, secret.Data); written != nil {
				first(err)
			}
		}
		w.Stop()
	}
}

// writeVolume lays the files out as a kubelet does (pkg/volume/util/atomic_writer.go): the files are links into ..data,
// which is a link to a directory per version and is moved in one step, so that readers never see half a key pair.
func writeVolume(dir, version string, data map[string][]byte) error {
	versioned := filepath.Join(dir, ".."+version)
	if err := os.MkdirAll(versioned, 0o700); err != nil {
		return err
	}
	for name, content := range data {
		if err := os.WriteFile(filepath.Join(versioned, name), content, 0o600); err != nil {
			return err
		}
	}
	current := filepath.Join(dir, "..data")
	old, _ := os.Readlink(current)
	if err := os.Symlink(filepath.Base(versioned), current+"_tmp"); err != nil {
		return err
	}
	if err := os.Rename(current+"_tmp", current); err != nil {
		return err
	}
	for name := range data {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil && !os.IsExist(err) {
			return err
		}
	}
	if old == "" || old == filepath.Base(versioned) {
		return nil
	}
	return os.RemoveAll(filepath.Join(dir, old))
}
