// Package inspect holds the commands with which people ask a cluster, with their own rights, about what Gatehouse decides:
// why an Ingress is as it is, what an edit of a policy would change, and who holds which host. They read and never write.
package inspect
