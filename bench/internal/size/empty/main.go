// Empty is a Go program that does nothing: what the others are measured against.
package main

func main() {}
