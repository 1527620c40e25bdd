/**
 * Sample tables: {@link io.holdfast.data.ImportJob} writes them, {@link
 * io.holdfast.data.SampleTable} reads them.
 */
package io.holdfast.data;
