/**
 * Checks prediction logs: that they are whole, and that their rows can be true. {@link
 * io.holdfast.analysis.verify.VerifyJob} is the way in.
 */
package io.holdfast.analysis.verify;
