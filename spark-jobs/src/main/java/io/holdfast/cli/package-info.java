/** Command line of the training jobs. */
package io.holdfast.cli;
