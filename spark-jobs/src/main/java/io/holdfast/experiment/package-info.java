/** Trains methods, settings and seeds side by side and makes one table of them. */
package io.holdfast.experiment;
