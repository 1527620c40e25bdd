/** Failures with the exit codes that schedulers read. */
package io.holdfast.analysis.failure;
