/** Networks, optimisers and learning-rate schedules from configuration. */
package io.holdfast.model;
