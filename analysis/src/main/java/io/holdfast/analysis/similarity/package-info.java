/**
 * Class similarity from linear discriminant analysis, the matrix that mixed cross-entropy losses
 * mix with.
 */
package io.holdfast.analysis.similarity;
