/**
 * The native libraries a process computes with: what was asked for, what was loaded, what works.
 */
package io.holdfast.runtime;
