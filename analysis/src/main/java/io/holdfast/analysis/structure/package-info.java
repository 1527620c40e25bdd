/**
 * Which classes a classifier holds for similar, from logged logits, and how far such opinions
 * agree. {@link io.holdfast.analysis.structure.ClassSums} is the way in.
 */
package io.holdfast.analysis.structure;
