/** Command line of the analysis jobs. */
package io.holdfast.analysis.cli;
