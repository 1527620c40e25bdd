/**
 * Sample tables: {@link io.holdfast.data.ImportJob} writes them, {@link
 * io.holdfast.data.SampleTable} reads them, {@link io.holdfast.data.Scaling} turns a sample into
 * the input of a network.
 */
package io.holdfast.data;
