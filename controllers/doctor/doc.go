// Package doctor holds the command that looks at an installation, with the rights of whoever runs it, and says what is wrong
// with it and what to do. A world is collected first, as values; pure functions judge it. It writes nothing.
package doctor
