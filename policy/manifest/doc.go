// Package manifest turns YAML and JSON manifests into the objects that Gatehouse decides about, and says where each
// mistake stands: file, line, document and field.
//
// It reads as strictly as the API server with kubectl's default field validation, and with kubectl's idea of YAML, so
// that what passes here can be applied: unknown fields and kinds, keys given twice and wrong types are problems, all
// told at once. It judges no values: that is the schema's business and the engine's.
package manifest
