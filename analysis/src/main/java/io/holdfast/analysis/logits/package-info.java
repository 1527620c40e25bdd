/** What follows from the logits of one sample, and sums that no order of the samples changes. */
package io.holdfast.analysis.logits;
