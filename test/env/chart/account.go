package chart

import (
	"context"
	"fmt"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// tokenSeconds is longer than any test or demonstration runs, so that tokens need not be renewed.
const tokenSeconds = 24 * 60 * 60

// grantAccess makes a kubeconfig of the chart's service account, with the rights that the chart gives it and no others.
func (r *Release) grantAccess(ctx context.Context, account string) (err error) {
	r.User = fmt.Sprintf("system:serviceaccount:%s:%s", r.Namespace, account)
	if r.AccountKubeconfig = r.options.AccountKubeconfig; r.AccountKubeconfig != "" {
		return nil
	}
	r.AccountKubeconfig, err = r.kubeconfigOf(ctx, account)
	return err
}

// kubeconfigOf writes a kubeconfig with a token of a service account, which stands for the token that a kubelet mounts.
func (r *Release) kubeconfigOf(ctx context.Context, account string) (string, error) {
	seconds := int64(tokenSeconds)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	object := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: account}}
	if err := r.client.SubResource("token").Create(ctx, object, request); err != nil {
		return "", fmt.Errorf("token of %s/%s: %w", r.Namespace, account, err)
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["cluster"] = &clientcmdapi.Cluster{
		Server:                   r.options.Config.Host,
		CertificateAuthority:     r.options.Config.CAFile,
		CertificateAuthorityData: r.options.Config.CAData,
		InsecureSkipTLSVerify:    r.options.Config.Insecure,
	}
	config.AuthInfos["account"] = &clientcmdapi.AuthInfo{Token: request.Status.Token}
	config.Contexts["account"] = &clientcmdapi.Context{Cluster: "cluster", AuthInfo: "account"}
	config.CurrentContext = "account"
	path := filepath.Join(r.options.Dir, account+".kubeconfig")
	return path, clientcmd.WriteToFile(*config, path)
}
